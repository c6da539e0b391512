import { useState, type FormEvent } from "react";

import { useUser } from "@/hooks/UserContext";
import { useAccount } from "@/hooks/useSession";
import { useTask } from "@/hooks/useTask";

import { Failure } from "../shared/Failure";
import styles from "./SettingsScreen.module.css";

/** The way out for good: asks first, and for the password. */
export function AccountSection() {
    const { email } = useUser();
    const { remove } = useAccount();
    const { busy, failure, run } = useTask();
    const [asking, setAsking] = useState(false);

    function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const password = String(new FormData(event.currentTarget).get("password"));
        void run(() => remove(password));
    }

    return (
        <section aria-labelledby="account" className={`card ${styles.section}`}>
            <h2 id="account">Delete account</h2>
            <p className={styles.muted}>
                {email} and everything recorded under it are deleted at once, for good. Export your
                data first if you may want it back.
            </p>
            {asking ? (
                <form className={styles.form} onSubmit={submit} aria-label="Delete account">
                    <label className={styles.field}>
                        Password, to confirm
                        <input
                            name="password"
                            type="password"
                            autoComplete="current-password"
                            required
                            autoFocus
                            maxLength={128}
                        />
                    </label>
                    <button type="submit" className="danger" disabled={busy}>
                        Delete my account for good
                    </button>
                    <button type="button" onClick={() => setAsking(false)}>
                        Keep my account
                    </button>
                </form>
            ) : (
                <div className={styles.form}>
                    <button type="button" className="danger" onClick={() => setAsking(true)}>
                        Delete account…
                    </button>
                </div>
            )}
            <Failure text={failure} />
        </section>
    );
}
