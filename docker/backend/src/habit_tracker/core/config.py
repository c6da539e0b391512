"""Settings from environment variables, checked once, before anything else starts."""

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

# RFC 7518, section 3.2: a key at least as long as the hash's output, in bytes.
MINIMUM_SECRET_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}

# 32 random hexadecimal digits have fewer distinct ones about once in 10^8 draws;
# "changeme" repeated, or one letter held down, always does.
MINIMUM_DISTINCT_CHARACTERS = 8

POSTGRES_SCHEMES = {"postgres", "postgresql", "postgresql+psycopg"}


# Where the frontend's pods are in every cluster that keeps to the address plan: RFC 1918, 4193, and
# 6598, which some providers number their pods from.
PRIVATE_NETWORKS = (
    "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,::1/128,fc00::/7"
)


class SettingsError(Exception):
    """The environment is not usable. `problems` has one sentence per variable, never a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _check_database_url(value: SecretStr) -> SecretStr:
    try:
        url = make_url(value.get_secret_value().strip())
    except (ArgumentError, ValueError):
        raise ValueError("it is not a URL") from None
    if url.drivername not in POSTGRES_SCHEMES:
        raise ValueError("only PostgreSQL addresses are supported")
    if not url.host and "host" not in url.query:
        raise ValueError("it names no host")
    if not url.database:
        raise ValueError("it names no database")
    return SecretStr(url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))


def _check_networks(value: str) -> str:
    networks = [one.strip() for one in value.split(",")]
    try:
        for network in networks:
            ip_network(network)
    except ValueError:
        raise ValueError("it is not a list of networks and addresses") from None
    return ",".join(networks)


def _strip(value: SecretStr) -> SecretStr:
    return SecretStr(value.get_secret_value().strip())


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class Settings(BaseSettings):
    """What the environment says. A description completes "… is not usable" in an error."""

    # An empty variable counts as unset: a Kubernetes Secret cannot leave a key out conditionally.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[SecretStr, AfterValidator(_check_database_url)] = Field(
        description="Set it to the database's address, as in postgresql://user:password@host:5432/name."
    )
    # Before jwt_secret: the secret's minimum length depends on it.
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = Field(
        "HS256", description="Set it to HS256, HS384 or HS512."
    )
    jwt_secret: SecretStr = Field(
        description="Set it to a random secret, for instance the output of `openssl rand -hex 32`."
    )
    jwt_secret_previous: SecretStr | None = Field(
        None,
        description="Set it to the JWT_SECRET before the last change, or leave it out.",
    )
    gemini_api_key: Annotated[SecretStr, AfterValidator(_strip)] | None = Field(
        None, description="Set it to a Gemini API key, or leave it out to run without the chatbot."
    )
    gemini_model: str = Field("gemini-2.5-flash", description="Set it to a Gemini model's name.")
    gemini_base_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Set it to an http(s) address, or leave it out to use Google's own.",
    )
    gemini_timeout_seconds: float = Field(
        25, gt=0, le=120, description="Set it to the seconds that one chat answer may take."
    )
    chat_messages_per_minute: int = Field(
        10, ge=1, le=1000, description="Set it to how many messages a user may send in a minute."
    )
    chat_daily_tokens: int = Field(
        200_000,
        ge=0,
        le=10**9,
        description="Set it to the tokens that a user may use in a day, or to 0 for no limit.",
    )
    forwarded_allow_ips: Annotated[str, AfterValidator(_check_networks)] = Field(
        PRIVATE_NETWORKS,
        description="Set it to networks, as in 10.0.0.0/8,192.168.1.7, or leave it out.",
    )
    drain_seconds: float = Field(
        8, ge=0, le=300, description="Set it to the seconds to keep serving after SIGTERM."
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = (
        Field("INFO", description="Set it to DEBUG, INFO, WARNING or ERROR.")
    )
    host: str = Field(
        "0.0.0.0",  # noqa: S104 - a container is reached from outside of it
        description="Set it to the address to listen on.",
    )
    port: int = Field(8000, ge=0, le=65535, description="Set it to the TCP port to listen on.")

    @field_validator("jwt_secret", "jwt_secret_previous")
    @classmethod
    def _check_jwt_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            return None
        secret = value.get_secret_value()
        algorithm = info.data.get("jwt_algorithm", "HS256")
        minimum = MINIMUM_SECRET_BYTES[algorithm]
        if len(secret.encode()) < minimum:
            raise ValueError(f"{algorithm} needs a secret of at least {minimum} bytes")
        if len(set(secret)) < MINIMUM_DISTINCT_CHARACTERS:
            raise ValueError("it repeats a few characters, which makes it easy to guess")
        return value

    @property
    def sqlalchemy_url(self) -> URL:
        """The database's address for SQLAlchemy; its text form hides the password."""
        return make_url(self.database_url.get_secret_value())


def load_settings() -> Settings:
    """Read the environment. Raises SettingsError with every problem found, not only the first."""
    try:
        return Settings()
    except ValidationError as error:
        # `from None`: the chained error's text would carry no value, but adds nothing either.
        raise SettingsError(_describe(error)) from None


def _describe(error: ValidationError) -> list[str]:
    problems = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(item["loc"][0])
        advice = Settings.model_fields[name].description
        if item["type"] == "missing":
            problems.append(f"{name.upper()} is not set. {advice}")
        else:
            reason = item["msg"].removeprefix("Value error, ")
            problems.append(f"{name.upper()} is not usable: {reason}. {advice}")
    return problems
