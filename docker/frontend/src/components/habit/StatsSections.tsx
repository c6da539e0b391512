import { useUser } from "@/hooks/UserContext";
import { longDate } from "@/lib/dates";
import type { Goal, Stats } from "@/lib/types";
import { weekFrom } from "@/lib/week";
import { percent, texts } from "@/texts/en/habit";
import { weekdayName } from "@/texts/en/schedule";

import styles from "./StatsSections.module.css";

const WIDTH = 300;
const HEIGHT = 80;

/** How the habit has gone: its score week by week, each weekday, and all there is. */
export default function StatsSections({ stats, goal }: { stats: Stats; goal: Goal | null }) {
    const { week_start: start } = useUser();
    const { totals, weekdays, best_weekday: best, scores } = stats;
    const last = scores.at(-1);
    const points = scores.map(
        ({ score }, index) =>
            `${(index / Math.max(1, scores.length - 1)) * WIDTH},${(1 - score) * HEIGHT}`,
    );

    return (
        <div className={styles.grid}>
            <section className="card" aria-labelledby="scores">
                <h2 id="scores">{texts.overTime}</h2>
                {last && (
                    <svg
                        className={styles.line}
                        viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`}
                        role="img"
                        aria-label={texts.scoreOn(longDate(last.date), percent(last.score))}
                        preserveAspectRatio="none"
                    >
                        <line x2={WIDTH} y1={HEIGHT} y2={HEIGHT} className={styles.axis} />
                        <polyline points={points.join(" ")} />
                    </svg>
                )}
                <p className={styles.muted}>{texts.scoreExplained}</p>
            </section>
            <section className="card" aria-labelledby="by-weekday">
                <h2 id="by-weekday">{texts.weekdays}</h2>
                <ul className={styles.bars}>
                    {weekFrom(start).map((weekday) => {
                        const rate = weekdays.find((one) => one.weekday === weekday)?.rate ?? null;
                        const share = rate === null ? texts.noFigure : percent(rate);
                        return (
                            <li key={weekday}>
                                <span className="visually-hidden">
                                    {texts.weekday(weekdayName(weekday), share)}
                                </span>
                                <svg viewBox="0 0 10 40" aria-hidden="true">
                                    <rect width="10" height="40" rx="2" className={styles.whole} />
                                    <rect
                                        y={40 - 40 * (rate ?? 0)}
                                        width="10"
                                        height={40 * (rate ?? 0)}
                                        rx="2"
                                        className={styles.part}
                                    />
                                </svg>
                                <span aria-hidden="true">{weekdayName(weekday, "narrow")}</span>
                            </li>
                        );
                    })}
                </ul>
                {best && <p className={styles.muted}>{texts.best(weekdayName(best))}</p>}
                <h2>{texts.totals}</h2>
                <p>
                    {texts.total(totals.done, totals.skipped)}
                    {goal && `, ${texts.amount(totals.count, goal.unit)}`}
                </p>
            </section>
        </div>
    );
}
