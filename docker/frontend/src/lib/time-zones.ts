/** The browser's own time zone, by its IANA name. */
export function ownTimeZone(): string {
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Every zone that the browser knows, and those given, which it may not. */
export function timeZones(...more: string[]): string[] {
    return [...new Set([...Intl.supportedValuesOf("timeZone"), "UTC", ...more])].sort();
}
