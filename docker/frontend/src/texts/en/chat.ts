import type { ChatAction } from "@/lib/types";

/** What the assistant's tools do, said of the habit they did it to. */
const DONE: Record<string, string> = {
    list_habits: "Looked at your habits",
    get_stats: "Looked at",
    create_habit: "Added",
    check_in: "Checked off",
    skip: "Skipped",
    undo_check_in: "Took back",
    archive_habit: "Archived",
    undo: "Undone",
};

/** “Checked off: Read”. A tool that is newer than this page is named as it is. */
export function actionText({ tool, habit }: Pick<ChatAction, "tool" | "habit">): string {
    const done = DONE[tool] ?? tool.replaceAll("_", " ");
    return habit ? `${done}: ${habit}` : done;
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
    archiveAsk: (habit: string) =>
        `Archive “${habit}”? It leaves Today; its history stays, and Habits can bring it back.`,
    archive: (habit: string) => `Archive ${habit}`,
    keep: (habit: string) => `Keep ${habit}`,
    none: "There is no assistant here",
    noneExplained:
        "Whoever runs this habit tracker has not set one up. Everything else works without.",
};
