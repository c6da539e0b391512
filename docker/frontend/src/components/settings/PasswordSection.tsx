import { useState, type FormEvent } from "react";

import { useUser } from "@/hooks/UserContext";
import { useAccount } from "@/hooks/useAccount";
import { useTask } from "@/hooks/useTask";
import { texts } from "@/texts/en/settings";

import { Failure } from "../shared/Failure";
import styles from "./SettingsScreen.module.css";

export function PasswordSection() {
    const { email } = useUser();
    const { setPassword } = useAccount();
    const { busy, failure, run } = useTask();
    const [saved, setSaved] = useState("");

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const form = event.currentTarget;
        const fields = new FormData(form);
        setSaved("");
        const worked = await run(() =>
            setPassword(String(fields.get("current")), String(fields.get("next"))),
        );
        if (!worked) return;
        form.reset();
        setSaved(texts.passwordChanged);
    }

    return (
        <section aria-labelledby="password" className={`card ${styles.section}`}>
            <h2 id="password">{texts.password}</h2>
            <form className={styles.form} onSubmit={submit}>
                {/* For password managers: whose password this is. */}
                <input type="hidden" name="username" autoComplete="username" value={email} />
                <label className={styles.field}>
                    {texts.currentPassword}
                    <input
                        name="current"
                        type="password"
                        autoComplete="current-password"
                        required
                        maxLength={128}
                    />
                </label>
                <label className={styles.field}>
                    {texts.newPassword}
                    <input
                        name="next"
                        type="password"
                        autoComplete="new-password"
                        required
                        minLength={8}
                        maxLength={128}
                    />
                </label>
                <button type="submit" className="primary" disabled={busy}>
                    {texts.changePassword}
                </button>
            </form>
            <Failure text={failure} />
            <p role="status">{saved}</p>
        </section>
    );
}
