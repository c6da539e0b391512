import { useToast, type News } from "@/components/shell/Toast";
import { messageOf } from "@/lib/api";
import { longDate } from "@/lib/dates";
import { changed, undoing, type DayChange } from "@/lib/days";
import type { Day, DayRecord, Habit } from "@/lib/types";
import { newsOf, texts } from "@/texts/en/habits";

import { useDays } from "./DayChanges";

type Named = Pick<Habit, "id" | "name" | "goal">;

/** Records a day of a habit, says so with an Undo, or why it did not work. `today` is the person's day. */
export function useRecord(today: Day) {
    const { save } = useDays();
    const tell = useToast();

    return async function record(
        habit: Named,
        date: Day,
        before: DayRecord | null,
        change: DayChange,
    ): Promise<void> {
        const after = changed(before, change);
        const news: News = {
            text: newsOf(habit.name, after?.status ?? null, {
                ...(date !== today && { day: longDate(date) }),
                ...(after && habit.goal && { amount: texts.amount(after.count, habit.goal) }),
            }),
            action: {
                text: texts.undo,
                run: () => void record(habit, date, after, undoing(before)),
            },
        };
        tell(news);
        try {
            await save(habit.id, date, before, change);
        } catch (error) {
            // With it, what was typed is still there.
            const again = {
                text: texts.tryAgain,
                run: () => void record(habit, date, before, change),
            };
            const text = texts.notSaved(habit.name, messageOf(error));
            tell({ text, action: again, failure: true }, news);
        }
    };
}
