import { useState } from "react";

import { inWords } from "@/lib/dates";
import type { TrashedHabit } from "@/lib/types";
import { texts } from "@/texts/en/manage";

import styles from "./HabitsScreen.module.css";

interface TrashSectionProps {
    trash: TrashedHabit[];
    busy: boolean;
    onRestore: (habit: TrashedHabit) => void;
    onPurge: (habit: TrashedHabit) => void;
}

/** What was deleted, to be brought back while there is time. */
export function TrashSection({ trash, busy, onRestore, onPurge }: TrashSectionProps) {
    const [asked, setAsked] = useState<TrashedHabit["id"]>();

    return (
        <section aria-labelledby="trash" className={styles.screen}>
            <h2 id="trash">{texts.trash}</h2>
            <p className={styles.muted}>{texts.trashExplained}</p>
            <ul className={styles.list}>
                {trash.map((habit) => (
                    <li key={habit.id} className={styles.row}>
                        <div className={styles.summary}>
                            <span>{habit.name}</span>
                            <span className={styles.muted}>
                                {texts.until(
                                    inWords(habit.purge_at.slice(0, 10), { dateStyle: "long" }),
                                )}
                            </span>
                        </div>
                        <div className={styles.actions}>
                            <button
                                type="button"
                                className="quiet"
                                aria-label={texts.restoreHabit(habit.name)}
                                disabled={busy}
                                onClick={() => onRestore(habit)}
                            >
                                {texts.restore}
                            </button>
                            <button
                                type="button"
                                className="quiet"
                                aria-label={texts.purgeHabit(habit.name)}
                                onClick={() => setAsked(habit.id)}
                            >
                                {texts.purge}
                            </button>
                        </div>
                        {asked === habit.id && (
                            <div
                                className={styles.confirm}
                                role="group"
                                aria-label={texts.purgeHabit(habit.name)}
                            >
                                <p>{texts.purgeAsk}</p>
                                <button
                                    type="button"
                                    className="danger"
                                    disabled={busy}
                                    aria-label={texts.purgeYes(habit.name)}
                                    onClick={() => onPurge(habit)}
                                >
                                    {texts.purge}
                                </button>
                                <button
                                    type="button"
                                    autoFocus
                                    aria-label={texts.keepHabit(habit.name)}
                                    onClick={() => setAsked(undefined)}
                                >
                                    {texts.keep}
                                </button>
                            </div>
                        )}
                    </li>
                ))}
            </ul>
        </section>
    );
}
