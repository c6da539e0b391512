/** A day of a habit, opened by its dot or cell. */
export const texts = {
    lastDays: (done: number, due: number) => `Last 7 days: ${done} of ${due} done`,
    /** A day’s state, as it stands beside its date. */
    states: { done: "done", skip: "skipped", open: "open", rest: "not due" },
    done: "Done",
    skip: "Skip",
    clear: "Clear",
    count: "How often",
    countOf: (unit: string) => `How many ${unit}`,
    more: "One more",
    less: "One less",
    note: "Note",
    save: "Save",
    close: "Close",
    loading: "Loading the day…",
};
