import { useEffect, useRef, type MouseEvent } from "react";

import { useUser } from "@/hooks/UserContext";
import { longDate } from "@/lib/dates";
import { heatmapCells, monthCounts } from "@/lib/heatmap";
import type { CheckInStatus, Day, Heatmap as HeatmapData } from "@/lib/types";
import { texts } from "@/texts/en/habit";

import styles from "./Heatmap.module.css";

/** A cell's edge and the distance from one to the next, in the drawing's units. */
const CELL = 10;
const STEP = 13;
const LABELS = 14;

interface HeatmapProps {
    heatmap: HeatmapData;
    today: Day;
    loading: boolean;
    onOpen: (day: Day) => void;
}

/** A year of check-ins as a picture, a column a week; and as a table, for whoever does not see it. */
export function Heatmap({ heatmap, today, loading, onOpen }: HeatmapProps) {
    const { week_start: start } = useUser();
    const cells = heatmapCells(heatmap, start);
    const months = monthCounts(cells);
    const done = months.reduce((sum, month) => sum + month.done, 0);
    const skipped = months.reduce((sum, month) => sum + month.skipped, 0);
    const weeks = (cells.at(-1)?.week ?? 0) + 1;
    const scroll = useRef<HTMLDivElement>(null);
    const thisWeek = cells.find(({ date }) => date === today)?.week;

    // What just happened is what one looks for, not January.
    useEffect(() => {
        const box = scroll.current;
        if (!box || thisWeek === undefined) return;
        box.scrollLeft = ((thisWeek + 2) / weeks) * box.scrollWidth - box.clientWidth;
    }, [thisWeek, weeks]);

    function tap({ target }: MouseEvent<SVGElement>) {
        const day = (target as Element).getAttribute("data-day");
        if (day) onOpen(day);
    }

    return (
        <figure className={`card ${styles.figure}`}>
            <div
                className={styles.scroll}
                tabIndex={0}
                role="region"
                aria-label={texts.picture}
                ref={scroll}
            >
                <svg
                    className={styles.picture}
                    viewBox={`0 0 ${weeks * STEP} ${LABELS + 7 * STEP}`}
                    role="img"
                    aria-label={texts.year(heatmap.year, done, skipped)}
                    aria-busy={loading}
                    onClick={tap}
                >
                    {months.map(({ month, name, week }) => (
                        <text key={month} x={week * STEP} y={LABELS - 5} className={styles.month}>
                            {name.slice(0, 3)}
                        </text>
                    ))}
                    {cells.map(({ date, week, place, status, count }) => (
                        <rect
                            key={date}
                            x={week * STEP + 0.5}
                            y={LABELS + place * STEP + 0.5}
                            width={CELL}
                            height={CELL}
                            rx={2}
                            className={classOf(status, date, today)}
                            data-day={date <= today ? date : undefined}
                        >
                            <title>{titleOf(date, status, count)}</title>
                        </rect>
                    ))}
                </svg>
            </div>
            <figcaption className={styles.legend}>
                <span className={styles.key}>
                    <span className={styles.keyDone} /> {texts.done}
                </span>
                <span className={styles.key}>
                    <span className={styles.keySkipped} /> {texts.skipped}
                </span>
                <span className={styles.key}>
                    <span className={styles.keyOpen} /> {texts.neither}
                </span>
                <span>{texts.fillIn}</span>
            </figcaption>
            <details>
                <summary>{texts.table}</summary>
                <table className={styles.table}>
                    <thead>
                        <tr>
                            <th scope="col">{texts.month}</th>
                            <th scope="col">{texts.tableDone}</th>
                            <th scope="col">{texts.tableSkipped}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {months.map((month) => (
                            <tr key={month.month}>
                                <th scope="row">{month.name}</th>
                                <td>{month.done}</td>
                                <td>{month.skipped}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </details>
        </figure>
    );
}

function classOf(status: CheckInStatus | null, date: Day, today: Day): string | undefined {
    if (status === "done") return styles.done;
    if (status === "skip") return styles.skipped;
    return date > today ? styles.future : styles.open;
}

function titleOf(date: Day, status: CheckInStatus | null, count: number): string {
    const state =
        status === "done" ? texts.doneTimes(count) : status ? texts.skipped : texts.neither;
    return texts.cell(longDate(date), state);
}
