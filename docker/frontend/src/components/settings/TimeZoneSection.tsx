import { useState, type FormEvent } from "react";

import { useUser } from "@/hooks/UserContext";
import { useAccount } from "@/hooks/useSession";
import { useTask } from "@/hooks/useTask";
import { ownTimeZone, timeZones } from "@/lib/time-zones";

import { Failure } from "../shared/Failure";
import styles from "./SettingsScreen.module.css";

/** Where the person's day begins and ends. */
export function TimeZoneSection() {
    const user = useUser();
    const { setTimeZone } = useAccount();
    const { busy, failure, run } = useTask();
    const [zone, setZone] = useState(user.time_zone);
    const [saved, setSaved] = useState("");

    async function submit(event: FormEvent) {
        event.preventDefault();
        setSaved("");
        if (await run(() => setTimeZone(zone))) setSaved(`Your day is now that of ${zone}.`);
    }

    return (
        <section aria-labelledby="time-zone" className={`card ${styles.section}`}>
            <h2 id="time-zone">Your day</h2>
            <p className={styles.muted}>
                Streaks count the days of this time zone, wherever you are. This device is on{" "}
                {ownTimeZone()}.
            </p>
            <form className={styles.form} onSubmit={submit}>
                <label className={styles.field}>
                    Time zone
                    <select value={zone} onChange={(event) => setZone(event.target.value)}>
                        {timeZones(user.time_zone, ownTimeZone()).map((name) => (
                            <option key={name}>{name}</option>
                        ))}
                    </select>
                </label>
                <button type="submit" className="primary" disabled={busy}>
                    Save time zone
                </button>
            </form>
            <Failure text={failure} />
            <p role="status">{saved}</p>
        </section>
    );
}
