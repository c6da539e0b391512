/** Something that the user can mend: what, why and the next command, shown without a stack trace. */
export class Failure extends Error {
    constructor(what: string, why: string, next: string) {
        super(`${what}\n   ${why}\n   Mend it: ${next}`);
    }
}
