/** What is shown of the page outside of it: in search results, on a home screen. */
export const texts = {
    description: "Check off your habits, keep your streaks, and ask the assistant.",
};
