/** What of a machine decides how a browser is opened on it. */
export interface Desktop {
    platform: NodeJS.Platform;
    env: NodeJS.ProcessEnv;
}

/** The command that opens a URL in the default browser; undefined where there is no screen to open one on. */
export function browserCommand(
    url: string,
    { platform, env }: Desktop,
): readonly [program: string, args: string[]] | undefined {
    if (platform === "darwin") {
        return ["open", [url]];
    }
    if (env["WSL_DISTRO_NAME"]) {
        // `start` is cmd's own, and takes its first quoted argument for a title
        return ["cmd.exe", ["/c", "start", "", url]];
    }
    // without a display, xdg-open would start a browser for text in this terminal
    return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? ["xdg-open", [url]] : undefined;
}
