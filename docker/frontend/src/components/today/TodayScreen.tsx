"use client";

import { useState } from "react";

import { useAssistant } from "@/hooks/useAssistant";
import { useTodayHabits } from "@/hooks/useTodayHabits";
import { useWide } from "@/hooks/useWide";
import { longDate } from "@/lib/dates";
import { late } from "@/lib/late";
import { texts } from "@/texts/en/today";

import { Part } from "../shared/Part";
import { Trouble } from "../shared/Trouble";
import { HabitList } from "./HabitList";
import { Progress } from "./Progress";
import styles from "./TodayScreen.module.css";

const ChatPanel = late(() => import("../chat/ChatPanel"));
const NewHabitForm = late(() => import("./NewHabitForm"));
const NothingDue = late(() => import("./NothingDue"));
const Keys = late(() => import("./Keys"));

/** What is due today, to be ticked; everything else is folded away. */
export function TodayScreen() {
    const { today, error, loading, reload, isOver } = useTodayHabits();
    const [adding, setAdding] = useState(false);
    const [section, setSection] = useState<HTMLElement | null>(null);
    const [talking, setTalking] = useState(false);
    const [available, wide] = [useAssistant(), useWide()];
    const hasAssistant = available && wide;
    const isEmpty = today?.habits.length === 0;

    return (
        <div className={talking && hasAssistant ? styles.columns : styles.single}>
            <section aria-labelledby="today" className={styles.today} ref={setSection}>
                <div className={styles.title}>
                    <div>
                        <h1 id="today">{texts.today}</h1>
                        <p className={styles.date}>{today ? longDate(today.date) : "\u00a0"}</p>
                    </div>
                    <div className={styles.tools}>
                        {hasAssistant && (
                            <button
                                type="button"
                                className="quiet"
                                aria-expanded={talking}
                                onClick={() => setTalking(!talking)}
                            >
                                {texts.assistant}
                            </button>
                        )}
                        <button
                            type="button"
                            className={styles.plus}
                            aria-label={texts.add}
                            aria-expanded={adding}
                            onClick={() => setAdding(!adding)}
                        >
                            <span aria-hidden="true">+</span>
                        </button>
                    </div>
                </div>
                {(adding || isEmpty) && (
                    <Part waiting={<div className={styles.form} aria-busy="true" />}>
                        <NewHabitForm
                            focus={adding}
                            others={today?.habits ?? []}
                            onClose={() => setAdding(false)}
                        />
                    </Part>
                )}
                {error && <Trouble message={error.message} busy={loading} onRetry={reload} />}
                {!today && !error && (
                    <p role="status" className={styles.date}>
                        {texts.loading}
                    </p>
                )}
                {today && !isEmpty && (
                    <>
                        <Progress habits={today.habits} />
                        <HabitList today={today} isOver={isOver} reload={reload} />
                    </>
                )}
                {isEmpty && (
                    <Part waiting={<div className={styles.waiting} aria-busy="true" />}>
                        <NothingDue />
                    </Part>
                )}
            </section>
            {hasAssistant && talking && (
                <div className={styles.assistant}>
                    <Part>
                        <ChatPanel />
                    </Part>
                </div>
            )}
            <Part dispensable>
                <Keys list={section} onAdd={() => setAdding(true)} />
            </Part>
        </div>
    );
}
