"use client";

import { lazy, Suspense } from "react";

import { useTodayHabits } from "@/hooks/useTodayHabits";
import { useWide } from "@/hooks/useWide";
import { longDate } from "@/lib/dates";

import { Trouble } from "../shared/Trouble";
import { HabitList } from "./HabitList";
import { NewHabitForm } from "./NewHabitForm";
import styles from "./TodayScreen.module.css";

const ChatPanel = lazy(() => import("../chat/ChatPanel"));

/** What is due today; on a wide screen, the assistant beside it. */
export function TodayScreen() {
    const { today, error, loading, reload, add, setStatus } = useTodayHabits();
    const wide = useWide();

    return (
        <div className={styles.columns}>
            <section aria-labelledby="today" className={styles.today}>
                <div>
                    <h1 id="today">Today</h1>
                    <p className={styles.date}>{today ? longDate(today.date) : "\u00a0"}</p>
                </div>
                <NewHabitForm onAdd={add} />
                {error && <Trouble message={error.message} busy={loading} onRetry={reload} />}
                {!today && !error && (
                    <p role="status" className={styles.date}>
                        Loading your habits…
                    </p>
                )}
                {today && <HabitList today={today} onCheck={setStatus} />}
            </section>
            {/* The place is kept while the assistant's code arrives, so nothing moves. */}
            <div className={styles.assistant}>
                <Suspense>{wide && <ChatPanel />}</Suspense>
            </div>
        </div>
    );
}
