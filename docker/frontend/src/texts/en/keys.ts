/** What the keys do on Today. */
export const texts = {
    keys: "Keyboard",
    keyList: [
        ["n", "new habit"],
        ["j / k", "next, previous habit"],
        ["x", "tick it"],
        ["s", "skip it"],
        ["Enter", "its page, on its arrow"],
        ["?", "these keys"],
    ] as const,
};
