import type { ChatAction } from "@/lib/types";

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
export function actionText({ tool, habit }: ChatAction): string {
    const done = DONE[tool] ?? tool.replaceAll("_", " ");
    return habit ? `${done}: ${habit}` : done;
}
