import { useState, type FormEvent } from "react";

import { useUser } from "@/hooks/UserContext";
import { useAccount } from "@/hooks/useAccount";
import { useTask } from "@/hooks/useTask";
import { ownTimeZone, timeZones } from "@/lib/time-zones";
import { weekFrom } from "@/lib/week";
import { weekdayName } from "@/texts/en/schedule";
import { texts } from "@/texts/en/settings";

import { Failure } from "../shared/Failure";
import styles from "./SettingsScreen.module.css";

const HOURS = [0, 1, 2, 3, 4, 5, 6];

/** Where the person's day begins and ends, and their week. */
export function DaySection() {
    const user = useUser();
    const { change } = useAccount();
    const { busy, failure, run } = useTask();
    const [zone, setZone] = useState(user.time_zone);
    const [start, setStart] = useState(user.week_start);
    const [end, setEnd] = useState(user.day_ends_at);
    const [saved, setSaved] = useState("");

    async function submit(event: FormEvent) {
        event.preventDefault();
        setSaved("");
        // Only what was changed: the rest may have been changed elsewhere.
        const fields = {
            ...(zone !== user.time_zone && { time_zone: zone }),
            ...(start !== user.week_start && { week_start: start }),
            ...(end !== user.day_ends_at && { day_ends_at: end }),
        };
        if (await run(() => change(fields))) setSaved(texts.daySaved);
    }

    return (
        <section aria-labelledby="day" className={`card ${styles.section}`}>
            <h2 id="day">{texts.day}</h2>
            <p className={styles.muted}>{texts.dayExplained(ownTimeZone())}</p>
            <form className={styles.form} onSubmit={submit}>
                <label className={styles.field}>
                    {texts.timeZone}
                    <select value={zone} onChange={(event) => setZone(event.target.value)}>
                        {timeZones(user.time_zone, ownTimeZone()).map((name) => (
                            <option key={name}>{name}</option>
                        ))}
                    </select>
                </label>
                <label className={styles.field}>
                    {texts.weekStart}
                    <select
                        value={start}
                        onChange={(event) => setStart(Number(event.target.value))}
                    >
                        {weekFrom(1).map((weekday) => (
                            <option key={weekday} value={weekday}>
                                {weekdayName(weekday)}
                            </option>
                        ))}
                    </select>
                </label>
                <label className={styles.field}>
                    {texts.dayEnds}
                    <select value={end} onChange={(event) => setEnd(Number(event.target.value))}>
                        {HOURS.map((hour) => (
                            <option key={hour} value={hour}>
                                {hour === 0 ? texts.midnight : texts.hour(hour)}
                            </option>
                        ))}
                    </select>
                </label>
                <button type="submit" className="primary" disabled={busy}>
                    {texts.saveDay}
                </button>
            </form>
            <Failure text={failure} />
            <p role="status">{saved}</p>
        </section>
    );
}
