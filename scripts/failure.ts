/** Something that the user can mend: what, why and the next command, shown without a stack trace. */
export class Failure extends Error {
    readonly what: string;
    readonly why: string;
    readonly next: string;

    constructor(what: string, why: string, next: string) {
        super(`${what}\n   ${why}\n   Mend it: ${next}`);
        this.what = what;
        this.why = why;
        this.next = next;
    }
}

/** A text of several lines, set below a failure's first. */
export const indent = (text: string) => text.trim().replace(/\n(?!\n)/g, "\n   ");
