import { useToast } from "@/components/shell/Toast";
import { useAddHabit } from "@/hooks/useAddHabit";
import { useApi } from "@/hooks/useApi";
import { useTask } from "@/hooks/useTask";
import type { Habit } from "@/lib/types";
import { SUGGESTIONS } from "@/texts/en/suggestions";
import { texts } from "@/texts/en/today";

import { Failure } from "../shared/Failure";
import { ScreenLink } from "../shared/ScreenLink";
import styles from "./NothingDue.module.css";

/** In place of the list: gives a newcomer something to begin with, and tells everybody else that they are free today. */
export default function NothingDue() {
    const { data: some } = useApi<Habit[]>("/api/v1/habits?limit=1");
    const add = useAddHabit([]);
    const { busy, failure, run } = useTask();
    const tell = useToast();
    if (!some) return <div className={styles.empty} aria-busy="true" />;

    if (some.length > 0) {
        return (
            <div className={styles.empty}>
                <p className={styles.lead}>{texts.nothingDue}</p>
                <p>
                    {texts.dayOff} <ScreenLink href="/habits">{texts.allHabits}</ScreenLink>.
                </p>
            </div>
        );
    }

    async function take(suggestion: (typeof SUGGESTIONS)[number]) {
        if (await run(() => add(suggestion))) tell({ text: texts.added(suggestion.name) });
    }

    return (
        <div className={styles.empty}>
            <p className={styles.lead}>{texts.noHabits}</p>
            <p>{texts.begin}</p>
            <div className={styles.suggestions}>
                {SUGGESTIONS.map((suggestion) => (
                    <button
                        key={suggestion.name}
                        type="button"
                        disabled={busy}
                        onClick={() => void take(suggestion)}
                    >
                        <span aria-hidden="true">{suggestion.icon} </span>
                        {suggestion.name}
                    </button>
                ))}
            </div>
            <Failure text={failure} />
        </div>
    );
}
