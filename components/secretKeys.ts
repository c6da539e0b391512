// apart from the other settings: those load Pulumi's SDK, a second of every command

/** Keys whose values are only ever stored encrypted and never shown. */
export const SECRET_KEYS: readonly string[] = [
    "databaseUrl",
    "jwtSecret",
    "jwtSecretPrevious",
    "geminiApiKey",
    "imageRegistryPassword",
];
