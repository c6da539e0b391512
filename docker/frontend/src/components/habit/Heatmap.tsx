import { heatmapCells, monthCounts } from "@/lib/heatmap";
import type { Day, Heatmap as HeatmapData } from "@/lib/types";

import styles from "./Heatmap.module.css";

/** A cell's edge and the distance from one to the next, in the drawing's units. */
const CELL = 10;
const STEP = 13;
const LABELS = 14;

interface HeatmapProps {
    heatmap: HeatmapData;
    today: Day;
    loading: boolean;
}

/** A year of check-ins as a picture, a column a week; and as a table, for whoever does not see it. */
export function Heatmap({ heatmap, today, loading }: HeatmapProps) {
    const cells = heatmapCells(heatmap);
    const months = monthCounts(cells);
    const done = months.reduce((sum, month) => sum + month.done, 0);
    const skipped = months.reduce((sum, month) => sum + month.skipped, 0);
    const weeks = (cells.at(-1)?.week ?? 0) + 1;

    return (
        <figure className={`card ${styles.figure}`}>
            <div
                className={styles.scroll}
                tabIndex={0}
                role="region"
                aria-label="The year’s picture"
            >
                <svg
                    className={styles.picture}
                    viewBox={`0 0 ${weeks * STEP} ${LABELS + 7 * STEP}`}
                    role="img"
                    aria-label={`${heatmap.year}: ${done} days done, ${skipped} skipped`}
                    aria-busy={loading}
                >
                    {months.map(({ month, name, week }) => (
                        <text key={month} x={week * STEP} y={LABELS - 5} className={styles.month}>
                            {name.slice(0, 3)}
                        </text>
                    ))}
                    {cells.map(({ date, week, weekday, status, count }) => (
                        <rect
                            key={date}
                            x={week * STEP}
                            y={LABELS + (weekday - 1) * STEP}
                            width={CELL}
                            height={CELL}
                            rx={2}
                            className={classOf(status, date, today)}
                        >
                            <title>{titleOf(date, status, count)}</title>
                        </rect>
                    ))}
                </svg>
            </div>
            <figcaption className={styles.legend}>
                <span className={styles.key}>
                    <span className={styles.keyDone} /> done
                </span>
                <span className={styles.key}>
                    <span className={styles.keySkipped} /> skipped
                </span>
                <span className={styles.key}>
                    <span className={styles.keyOpen} /> neither
                </span>
            </figcaption>
            <details>
                <summary>As a table</summary>
                <table className={styles.table}>
                    <thead>
                        <tr>
                            <th scope="col">Month</th>
                            <th scope="col">Done</th>
                            <th scope="col">Skipped</th>
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

function classOf(status: "done" | "skip" | null, date: Day, today: Day): string | undefined {
    if (status === "done") return styles.done;
    if (status === "skip") return styles.skipped;
    return date > today ? styles.future : styles.open;
}

function titleOf(date: Day, status: "done" | "skip" | null, count: number): string {
    if (status === "done") return count > 1 ? `${date}: done ${count} times` : `${date}: done`;
    return status === "skip" ? `${date}: skipped` : date;
}
