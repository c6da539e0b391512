import { randomBytes } from "node:crypto";

/** Values that are nowhere to be seen, and the search for them in whatever form they may turn up. */
export class Canaries {
    readonly values: Readonly<Record<string, string>>;

    /** One canary for each name: letters and digits, so that no escaping changes them. */
    constructor(names: readonly string[]) {
        this.values = Object.fromEntries(
            names.map((name) => [name, `canary${randomBytes(24).toString("hex")}`]),
        );
    }

    /** The canaries' names, and `base64` where it is in that form, that a text gives away. */
    seenIn(text: string): string[] {
        return Object.entries(this.values).flatMap(([name, value]) => [
            ...(text.includes(value) ? [name] : []),
            ...(base64Forms(value).some((form) => text.includes(form))
                ? [`${name} in base64`]
                : []),
        ]);
    }

    /** What to search for where only a program can look, such as in an image's layers. */
    get patterns(): string[] {
        return Object.values(this.values).flatMap((value) => [value, ...base64Forms(value)]);
    }
}

/** How a value looks inside of something longer in base64: its bytes may begin at any of three places. */
function base64Forms(value: string): string[] {
    return [0, 1, 2].map((before) => {
        const text = Buffer.from("x".repeat(before) + value)
            .toString("base64")
            .replace(/=+$/, "");
        // the first and last characters hold bits of what is beside it
        return text.slice(before === 0 ? 0 : before + 1, -2);
    });
}
