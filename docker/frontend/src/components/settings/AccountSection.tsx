import { useState, type FormEvent } from "react";

import { useUser } from "@/hooks/UserContext";
import { useAccount } from "@/hooks/useAccount";
import { useTask } from "@/hooks/useTask";
import { texts } from "@/texts/en/settings";

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
            <h2 id="account">{texts.account}</h2>
            <p className={styles.muted}>{texts.accountExplained(email)}</p>
            {asking ? (
                <form className={styles.form} onSubmit={submit} aria-label={texts.account}>
                    <label className={styles.field}>
                        {texts.confirmPassword}
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
                        {texts.deleteForGood}
                    </button>
                    <button type="button" onClick={() => setAsking(false)}>
                        {texts.keepAccount}
                    </button>
                </form>
            ) : (
                <div className={styles.form}>
                    <button type="button" className="danger" onClick={() => setAsking(true)}>
                        {texts.deleteAccount}
                    </button>
                </div>
            )}
            <Failure text={failure} />
        </section>
    );
}
