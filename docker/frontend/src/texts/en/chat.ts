import { longDate } from "@/lib/dates";
import type { ChatAction, ChatConfirmation } from "@/lib/types";

/** What the assistant's tools do, said of the habit they did it to. */
const DONE: Record<string, string> = {
    list_habits: "Looked at your habits",
    get_stats: "Looked at",
    create_habit: "Added",
    check_in: "Checked off",
    skip: "Skipped",
    undo_check_in: "Took back",
    change_habit: "Changed",
    archive_habit: "Archived",
    unarchive_habit: "Brought back",
    delete_habit: "Deleted",
    undo: "As before",
};

/** “Checked off: Read”. A tool that is newer than this page is named as it is. */
export function actionText({ tool, habit }: Pick<ChatAction, "tool" | "habit">): string {
    const done = DONE[tool] ?? tool.replaceAll("_", " ");
    return habit ? `${done}: ${habit}` : done;
}

/** What the assistant asks leave for, and the button that gives it. */
export function questionText({ tool, habit, date }: ChatConfirmation): {
    ask: string;
    yes: string;
} {
    if (tool === "undo_check_in" && date) {
        const day = longDate(date);
        return {
            ask: `Forget what is recorded for “${habit}” on ${day}, with its note?`,
            yes: `Forget ${day}`,
        };
    }
    // A tool that is newer than this page.
    if (tool !== "delete_habit")
        return { ask: `The assistant asks: ${tool.replaceAll("_", " ")}, “${habit}”?`, yes: "Yes" };
    return {
        ask: `Delete “${habit}”? It goes to the trash with all its days, and comes back from there for 30 days.`,
        yes: `Delete ${habit}`,
    };
}

export const texts = {
    assistant: "Assistant",
    clear: "Clear conversation",
    clearAsk: "Clear all of it? The assistant forgets what was said; your habits stay.",
    clearYes: "Yes, clear it",
    clearNo: "Keep it",
    conversation: "Conversation",
    hint: "Ask how your week went, or say “I went for a run” and let the assistant check it off. It can add habits too.",
    thinking: "Thinking…",
    message: "Message",
    send: "Send",
    you: "You:",
    them: "Assistant:",
    did: "What the assistant did",
    undo: "Undo",
    undoIt: (what: string) => `Undo “${what}”`,
    keep: (habit: string) => `Keep ${habit}`,
    none: "There is no assistant here",
    noneExplained:
        "Whoever runs this habit tracker has not set one up. Everything else works without.",
};
