import { useApi, useCall } from "@/hooks/useApi";
import { useTask } from "@/hooks/useTask";
import { api } from "@/lib/api";
import type { LoggedIn } from "@/lib/types";
import { locale } from "@/texts/language";
import { texts } from "@/texts/en/settings";

import { Failure } from "../shared/Failure";
import { Trouble } from "../shared/Trouble";
import styles from "./SettingsScreen.module.css";

const SESSIONS = "/api/v1/me/sessions";

/** Every browser that is logged in to the account, each to be logged out from here. */
export function SessionsSection() {
    const { data, error, loading, reload } = useApi<LoggedIn[]>(SESSIONS);
    const call = useCall();
    const { busy, failure, run } = useTask();
    const end = (path: string) =>
        void run(async () => {
            await call(() => api(path, { method: "DELETE" }));
            await reload();
        });

    return (
        <section aria-labelledby="sessions" className={`card ${styles.section}`}>
            <h2 id="sessions">{texts.sessions}</h2>
            <p className={styles.muted}>{texts.sessionsExplained}</p>
            {error && <Trouble message={error.message} busy={loading} onRetry={reload} />}
            <ul className={styles.sessions}>
                {data?.map((session) => (
                    <li key={session.id}>
                        <span>
                            {nameOf(session.user_agent)}
                            {session.current && ` (${texts.thisDevice})`}
                            <span className={styles.muted}>
                                {" "}
                                {texts.lastUsed(
                                    new Date(session.last_used_at).toLocaleString(locale(), {
                                        dateStyle: "medium",
                                        timeStyle: "short",
                                    }),
                                )}
                            </span>
                        </span>
                        {!session.current && (
                            <button
                                type="button"
                                disabled={busy}
                                aria-label={texts.logOutSession(nameOf(session.user_agent))}
                                onClick={() => end(`${SESSIONS}/${session.id}`)}
                            >
                                {texts.logOutOne}
                            </button>
                        )}
                    </li>
                ))}
            </ul>
            {data?.some(({ current }) => !current) && (
                <div className={styles.form}>
                    <button type="button" disabled={busy} onClick={() => end(SESSIONS)}>
                        {texts.logOutOthers}
                    </button>
                </div>
            )}
            <Failure text={failure} />
        </section>
    );
}

/** “Firefox, Linux” where it can be told, else what the browser says of itself. */
function nameOf(userAgent: string): string {
    const find = (names: string[]) => names.find((name) => userAgent.includes(name));
    // In this order: each of the later ones is also said by an earlier one.
    const browser = find(["Firefox", "Edg", "Chrome", "Safari"]);
    const system = find(["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"]);
    return [browser?.replace("Edg", "Edge"), system].filter(Boolean).join(", ") || userAgent;
}
