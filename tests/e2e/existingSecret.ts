import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { decoded } from "../conformance/live.ts";
import type { Installation } from "./installation.ts";
import { removeOwnDatabase, startOwnDatabase } from "./neighbours.ts";
import { withoutFailedRequests } from "./traffic.ts";

const BACKEND = "habit-tracker-backend";
const OWN = "habit-tracker-secrets";
const MINE = "e2e-secrets";

/** What the test does as a person does it, whose page is at `url`. */
interface Visit {
    url: string;
    /** Opens a session, and gives back what reads the habits in it: the status of the answer. */
    openSession: () => Promise<() => Promise<number>>;
}

const up = (installation: Installation) =>
    installation.shell("pulumi up --yes --skip-preview 2>&1");
const refusal = (installation: Installation) =>
    installation.failing("pulumi up --yes --skip-preview 2>&1");

/** The command that a refusal prints after some of its words. */
function commandAfter(text: string, words: string): string {
    const at = text.indexOf(words);
    expect(at, text).to.be.greaterThan(-1);
    return (text.slice(at + words.length).split("\n")[0] ?? "").split("; or,")[0] ?? "";
}

/** The entries of a Secret in the stack's namespace; undefined where there is none. */
async function entriesOf(installation: Installation, name: string) {
    const [found] = await installation.get<{ data: Record<string, string> }>(
        `secrets --field-selector metadata.name=${name}`,
    );
    return found && decoded(found.data);
}

async function expectNothingInState(installation: Installation, name: string): Promise<void> {
    const state = await installation.shell("pulumi stack export");
    for (const [entry, value] of Object.entries((await entriesOf(installation, name)) ?? {})) {
        if (value && entry !== "JWT_ALGORITHM") {
            expect(state.includes(value), entry).to.equal(false);
            expect(state.includes(Buffer.from(value).toString("base64")), entry).to.equal(false);
        }
    }
}

/** From the stack's own Secret to one that kubectl made, with a change of it, and back: nobody has to log in again. */
export async function changeToExistingSecret(
    installation: Installation,
    { url, openSession }: Visit,
): Promise<void> {
    const readHabits = await openSession();
    await installation.set({ existingSecret: MINE });
    expect(await refusal(installation)).to.contain("existingSecret is set, and so are");
    await installation.unset(["jwtSecret", "geminiApiKey"]);
    const missing = await refusal(installation);
    expect(missing).to.contain("there is no such Secret");
    await installation.shell(commandAfter(missing, "with what the backend has now: "));

    const before = await installation.pods(BACKEND);
    await withoutFailedRequests(url, () => up(installation));
    expect(await installation.pods(BACKEND)).not.to.deep.equal(before);
    expect(await entriesOf(installation, OWN)).to.equal(undefined);
    expect(await readHabits()).to.equal(200);
    await expectNothingInState(installation, MINE);
    await installation.shell("pulumi preview --expect-no-changes --non-interactive");

    // its change is noticed
    const rolled = await installation.pods(BACKEND);
    const patch = (entries: Record<string, string>, name = MINE) =>
        installation.kubectl(
            `patch secret ${name} -n ${installation.namespace} --patch-file=/dev/stdin`,
            {
                input: JSON.stringify({ stringData: entries }),
            },
        );
    await patch({ GEMINI_API_KEY: randomBytes(16).toString("hex") });
    await withoutFailedRequests(url, () => up(installation));
    expect(await installation.pods(BACKEND)).not.to.deep.equal(rolled);
    expect(await readHabits()).to.equal(200);

    // what would not get into the database, and what would end the sessions
    const { DATABASE_URL = "" } = (await entriesOf(installation, MINE)) ?? {};
    await patch({ DATABASE_URL: DATABASE_URL.replace(/:[^:@]+@/, ":wrong@") });
    const locked = await refusal(installation);
    expect(locked).to.contain("would not get into it");
    await installation.shell(commandAfter(locked, "Mend it: "));
    expect((await entriesOf(installation, MINE))?.["DATABASE_URL"]).to.equal(DATABASE_URL);
    const other = { DATABASE_URL, JWT_SECRET: randomBytes(32).toString("hex") };
    await installation.apply([
        {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: `${MINE}-2`, namespace: installation.namespace },
            stringData: other,
        },
    ]);
    await installation.set({ existingSecret: `${MINE}-2` });
    const ended = await refusal(installation);
    expect(ended).to.contain("Everybody would have to log in again");
    await installation.shell(
        commandAfter(ended, "Mend it: ").split(", and JWT_ALGORITHM")[0] ?? "",
    );
    await up(installation);
    expect(await readHabits()).to.equal(200);

    // and back: the session's key is the second one's now
    await installation.unset(["existingSecret"]);
    const session = await openSession();
    const back = await refusal(installation);
    expect(back).to.contain("Everybody would have to log in again");
    await installation.shell(commandAfter(back, "Mend it: "));
    await withoutFailedRequests(url, () => up(installation));
    expect(await session()).to.equal(200);
    expect(await entriesOf(installation, OWN)).to.include(other);
    for (const name of [MINE, `${MINE}-2`]) {
        expect(await entriesOf(installation, name)).to.include({ DATABASE_URL });
        await installation.kubectl(`delete secret ${name} -n ${installation.namespace}`);
    }
}

/** As the seed has it: a namespace and a Secret from a .env file first, then the stack, which leaves both behind. */
export async function startFromExistingSecret(
    installation: Installation,
    tryOut: () => Promise<void>,
): Promise<void> {
    const { namespace } = installation;
    const url = await startOwnDatabase(installation, randomBytes(16).toString("hex"));
    await installation.set({ namespace, existingSecret: OWN });
    expect(await refusal(installation)).to.contain(
        `create namespace ${namespace}; cp .env.example`,
    );
    await installation.kubectl(`create namespace ${namespace}`);
    await installation.kubectl(
        `create secret generic ${OWN} -n ${namespace} --from-env-file=/dev/stdin`,
        {
            input: `DATABASE_URL=${url}\nJWT_SECRET=${randomBytes(32).toString("hex")}\nJWT_ALGORITHM=HS256\nGEMINI_API_KEY=\n`,
        },
    );
    const made = await entriesOf(installation, OWN);
    await up(installation);
    await tryOut();
    await expectNothingInState(installation, OWN);
    await installation.shell("pulumi preview --expect-no-changes --non-interactive");
    await installation.npm("down", "--", "--yes");
    expect(await entriesOf(installation, OWN)).to.deep.equal(made);
    await installation.kubectl(`delete namespace ${namespace}`);
    await removeOwnDatabase(installation);
    await installation.unset(["existingSecret"]);
}
