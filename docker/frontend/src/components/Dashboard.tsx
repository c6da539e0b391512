import { useState } from "react";

import { useHabits } from "@/hooks/useHabits";
import { useToday } from "@/hooks/useToday";
import { messageOf } from "@/lib/api";
import { longDate } from "@/lib/dates";
import type { User } from "@/lib/types";

import styles from "./App.module.css";
import { ChatPanel } from "./ChatPanel";
import { HabitList } from "./HabitList";
import { NewHabitForm } from "./NewHabitForm";
import { Trouble } from "./Trouble";

interface DashboardProps {
    user: User;
    onLogOut: () => Promise<void>;
}

/** Today's habits, and the assistant beside them. */
export function Dashboard({ user, onLogOut }: DashboardProps) {
    const today = useToday();
    const { habits, error, loading, reload, add, setChecked, remove } = useHabits(user, today);
    const [logOutFailure, setLogOutFailure] = useState<string>();

    return (
        <div className={styles.dashboard}>
            <header className={styles.header}>
                <h1 className={styles.brand}>Habit tracker</h1>
                <p className={styles.account}>
                    <span className={styles.email}>{user.email}</span>
                    <button
                        type="button"
                        onClick={() =>
                            onLogOut().catch((failure) => setLogOutFailure(messageOf(failure)))
                        }
                    >
                        Log out
                    </button>
                </p>
                {logOutFailure && <p role="alert">{logOutFailure}</p>}
            </header>
            <main className={styles.columns}>
                <section aria-labelledby="today" className={styles.today}>
                    <div>
                        <h2 id="today">Today</h2>
                        <p className={styles.date}>{longDate(today)}</p>
                    </div>
                    <NewHabitForm onAdd={add} />
                    {error && <Trouble message={error.message} busy={loading} onRetry={reload} />}
                    {!habits && !error && <p role="status">Loading your habits…</p>}
                    {habits && (
                        <HabitList
                            habits={habits}
                            today={today}
                            onCheck={setChecked}
                            onDelete={remove}
                        />
                    )}
                </section>
                <ChatPanel today={today} onAction={reload} />
            </main>
        </div>
    );
}
