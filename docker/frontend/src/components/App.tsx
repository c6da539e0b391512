"use client";

import { useSession } from "@/hooks/useSession";

import styles from "./App.module.css";
import { AuthForm } from "./AuthForm";
import { Dashboard } from "./Dashboard";
import { Trouble } from "./Trouble";

/** Shows what fits who is logged in: nothing known yet, nobody, or somebody. */
export function App() {
    const session = useSession();

    if (session.user) return <Dashboard user={session.user} onLogOut={session.logOut} />;

    return (
        <main className={styles.gate}>
            <h1 className={styles.brand}>Habit tracker</h1>
            <p className={styles.tagline}>Small things, every day.</p>
            {session.user === null && (
                <AuthForm onLogIn={session.logIn} onRegister={session.register} />
            )}
            {session.user === undefined && session.error && (
                <Trouble
                    message={session.error.message}
                    busy={session.checking}
                    onRetry={session.retry}
                />
            )}
            {session.user === undefined && !session.error && <p role="status">Loading…</p>}
        </main>
    );
}
