/** Kubernetes quantities (`500m`, `1.5Gi`) in the form in which the API server writes them back. */

const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"] as const;
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;
const NANOS_PER_UNIT = 1_000_000_000n;
const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

/**
 * The canonical form of a quantity: the largest suffix that needs no fraction, in the family (powers of 1000, powers of 1024)
 * that was written. Null where the text is none, or is written with an exponent, which the server keeps in its own way.
 */
export function canonicalQuantity(text: string): string | null {
    const [, sign = "", whole = "", fraction = "", suffix = ""] = PATTERN.exec(text) ?? [];
    if ((whole === "" && fraction === "") || /^[eE][+-]?\d/.test(suffix)) {
        return null;
    }
    const binary = suffix.endsWith("i");
    const scale = binary
        ? NANOS_PER_UNIT * 1024n ** BigInt((BINARY as readonly string[]).indexOf(suffix))
        : 1000n ** BigInt((DECIMAL as readonly string[]).indexOf(suffix));
    const digits = BigInt(whole + fraction);
    const divisor = 10n ** BigInt(fraction.length);
    // What is finer than a nano is rounded up, away from zero.
    const nanos = (digits * scale + divisor - 1n) / divisor;
    if (nanos === 0n) {
        return "0";
    }
    const units = nanos / NANOS_PER_UNIT;
    // Below 1024, or with a fraction, powers of 1024 cannot say it.
    const amount =
        binary && nanos % NANOS_PER_UNIT === 0n && units >= 1024n
            ? withSuffix(units, 1024n, BINARY)
            : withSuffix(nanos, 1000n, DECIMAL);
    return (sign === "-" ? "-" : "") + amount;
}

function withSuffix(amount: bigint, base: bigint, suffixes: readonly string[]): string {
    let power = 0;
    while (power < suffixes.length - 1 && amount % base === 0n) {
        amount /= base;
        power++;
    }
    return `${amount}${suffixes[power]}`;
}
