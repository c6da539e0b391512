/** The frame around every screen. */
export const texts = {
    product: "Habit tracker",
    skipToContent: "Skip to content",
    screens: "Screens",
    today: "Today",
    habits: "Habits",
    assistant: "Assistant",
    settings: "Settings",
    logOut: "Log out",
    loading: "Loading…",
    outOfReach: "Out of reach",
    retry: "Retry",
    close: (text: string) => `Close: ${text}`,
    partMissing:
        "This part of the page did not arrive. Loading the page again loses what you typed.",
    newVersion: "There is a new version. Loading the page again loses what you typed.",
    loadAgain: "Load the page again",
};
