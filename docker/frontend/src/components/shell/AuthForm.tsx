import type { FormEvent } from "react";

import { useEntry } from "@/hooks/useEntry";
import { useTask } from "@/hooks/useTask";
import { texts } from "@/texts/en/gate";

import { Failure } from "../shared/Failure";
import styles from "./AuthForm.module.css";

export interface AuthFormProps {
    /** Whose session has ended, if it has. */
    email?: string;
}

/** One form for both ways in: a newcomer fills in the same two fields and presses the other button. */
export function AuthForm({ email }: AuthFormProps) {
    const { logIn, register } = useEntry();
    const { busy, failure, run } = useTask();

    async function submit(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const fields = new FormData(event.currentTarget);
        const credentials = {
            email: String(fields.get("email")),
            password: String(fields.get("password")),
        };
        const pressed = (event.nativeEvent as SubmitEvent).submitter as HTMLButtonElement | null;
        const enter = pressed?.value === "register" ? register : logIn;

        await run(() => enter(credentials));
    }

    return (
        <form className={`card ${styles.form}`} onSubmit={submit} aria-label={texts.eitherWay}>
            <label className={styles.field}>
                {texts.email}
                <input
                    name="email"
                    type="email"
                    autoComplete="username"
                    defaultValue={email}
                    required
                    maxLength={254}
                />
            </label>
            <div className={styles.field}>
                <label htmlFor="password">{texts.password}</label>
                <input
                    id="password"
                    name="password"
                    type="password"
                    autoComplete="current-password"
                    required
                    minLength={8}
                    maxLength={128}
                    aria-describedby="password-rule"
                />
                <small id="password-rule">{texts.passwordRule}</small>
            </div>
            <Failure text={failure} />
            <div className={styles.buttons}>
                <button type="submit" value="login" className="primary" disabled={busy}>
                    {texts.logIn}
                </button>
                {email === undefined && (
                    <button type="submit" value="register" disabled={busy}>
                        {texts.createAccount}
                    </button>
                )}
            </div>
        </form>
    );
}
