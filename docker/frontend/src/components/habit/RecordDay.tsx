import { useState, type FormEvent } from "react";

import type { Day } from "@/lib/types";
import { texts } from "@/texts/en/habit";

import { Failure } from "../shared/Failure";
import styles from "./HabitScreen.module.css";

interface RecordDayProps {
    today: Day;
    onOpen: (day: Day) => void;
}

/** Any day by its date: what the picture does for whoever sees it, and reaches no further than this year. */
export function RecordDay({ today, onOpen }: RecordDayProps) {
    const [date, setDate] = useState(today);
    const [failure, setFailure] = useState<string>();

    function submit(event: FormEvent) {
        event.preventDefault();
        const wrong = date === "" ? texts.noDay : date > today ? texts.notYet : undefined;
        setFailure(wrong);
        if (!wrong) onOpen(date);
    }

    return (
        <section aria-labelledby="record" className={styles.section}>
            <h2 id="record">{texts.record}</h2>
            <form className={`card ${styles.form}`} onSubmit={submit} noValidate>
                <label className={styles.field}>
                    {texts.day}
                    <input
                        type="date"
                        value={date}
                        max={today}
                        onChange={(event) => setDate(event.target.value)}
                        required
                    />
                </label>
                <button type="submit">{texts.open}</button>
                <Failure text={failure} />
            </form>
        </section>
    );
}
