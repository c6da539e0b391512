const NAMES = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => [
    name,
    name.toUpperCase(),
]);

/** Has each test of a suite begin without a proxy in the environment, which gets its own back afterwards. */
export function withoutProxies(): void {
    const environment = new Map(NAMES.map((name) => [name, process.env[name]]));
    const clear = () => NAMES.forEach((name) => Reflect.deleteProperty(process.env, name));
    beforeEach(clear);
    after(() => {
        clear();
        for (const [name, value] of environment) {
            if (value !== undefined) {
                process.env[name] = value;
            }
        }
    });
}
