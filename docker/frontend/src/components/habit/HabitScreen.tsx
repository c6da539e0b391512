"use client";

import { useState, type CSSProperties } from "react";

import { useToast } from "@/components/shell/Toast";
import { dayShown, habitShown, useDays } from "@/hooks/DayChanges";
import { useApi } from "@/hooks/useApi";
import { useHabitChanges } from "@/hooks/useHabits";
import { useTask } from "@/hooks/useTask";
import { late } from "@/lib/late";
import type { Day, Habit, Heatmap as HeatmapData, Stats, Today } from "@/lib/types";
import { percent, texts } from "@/texts/en/habit";
import { goalText, scheduleText } from "@/texts/en/schedule";

import { Failure } from "../shared/Failure";
import { Part } from "../shared/Part";
import { ScreenLink } from "../shared/ScreenLink";
import { Trouble } from "../shared/Trouble";
import styles from "./HabitScreen.module.css";
import { Heatmap } from "./Heatmap";
import { RecordDay } from "./RecordDay";

const DaySheet = late(() => import("./DaySheet"));
const StatsSections = late(() => import("./StatsSections"));
const HabitEditor = late(() => import("../habits/HabitEditor"));

/** One habit: how it goes, and a year of it. */
export function HabitScreen({ id }: { id: string }) {
    const path = `/api/v1/habits/${encodeURIComponent(id)}`;
    const { data, asked, error, loading, reload } = useApi<Habit>(path);
    // What day it is depends on the person's time zone, which the backend knows.
    const { data: today } = useApi<Today>("/api/v1/today");
    const stats = useApi<Stats>(data ? `${path}/stats` : null);
    const days = useDays();
    const [opened, setOpened] = useState<Day>();

    if (!data) {
        return (
            <div className={styles.screen}>
                <h1>{texts.habit}</h1>
                {error ? (
                    <Trouble message={error.message} busy={loading} onRetry={reload} />
                ) : (
                    <p role="status" className={styles.muted}>
                        {texts.loading}
                    </p>
                )}
                <p>
                    <ScreenLink href="/habits">{texts.allHabits}</ScreenLink>
                </p>
            </div>
        );
    }

    const habit = today ? habitShown(days, data, today.date, asked) : data;
    return (
        <div className={styles.screen} style={{ "--habit": habit.color } as CSSProperties}>
            <Head habit={habit} />
            <Figures habit={habit} />
            {today && (
                <>
                    <Year
                        path={path}
                        habit={habit}
                        today={today.date}
                        firstYear={new Date(habit.created_at).getUTCFullYear()}
                        onOpen={setOpened}
                    />
                    <RecordDay today={today.date} onOpen={setOpened} />
                </>
            )}
            {stats.error && (
                <Trouble
                    message={stats.error.message}
                    busy={stats.loading}
                    onRetry={stats.reload}
                />
            )}
            {stats.data && (
                <Part>
                    <StatsSections stats={stats.data} goal={habit.goal} />
                </Part>
            )}
            {opened && today && (
                <Part>
                    <DaySheet
                        habit={habit}
                        date={opened}
                        today={today.date}
                        onClose={() => setOpened(undefined)}
                    />
                </Part>
            )}
        </div>
    );
}

/** What the habit is, and what can be done with it, in place. */
function Head({ habit }: { habit: Habit }) {
    const { name, icon, schedule, goal, archived, paused } = habit;
    const { setArchived } = useHabitChanges();
    const [editing, setEditing] = useState(false);
    const { busy, failure, run } = useTask();
    const tell = useToast();

    async function archive(away: boolean) {
        if (!(await run(() => setArchived(habit, away)))) return;
        tell({ text: away ? texts.isArchived(name) : texts.isBack(name) });
    }

    return (
        <>
            <div className={styles.head}>
                <div>
                    <h1 className={styles.name}>
                        {icon && <span aria-hidden="true">{icon} </span>}
                        {name}
                    </h1>
                    <p className={styles.muted}>
                        {scheduleText(schedule)}
                        {goal && ` · ${goalText(goal)}`}
                        {archived && ` · ${texts.archived}`}
                        {paused && ` · ${texts.paused}`} ·{" "}
                        <ScreenLink href="/habits">{texts.allHabits}</ScreenLink>
                    </p>
                </div>
                <div className={styles.actions}>
                    <button
                        type="button"
                        aria-expanded={editing}
                        onClick={() => setEditing(!editing)}
                    >
                        {texts.edit}
                    </button>
                    <button type="button" disabled={busy} onClick={() => void archive(!archived)}>
                        {archived ? texts.bringBack : texts.archive}
                    </button>
                </div>
            </div>
            <Failure text={failure} />
            {editing && (
                <Part>
                    <HabitEditor habit={habit} onDone={() => setEditing(false)} />
                </Part>
            )}
        </>
    );
}

function Figures({ habit }: { habit: Habit }) {
    const { streak, best_streak: best, streak_unit: unit, rate_30: rate, score } = habit;
    const figures = [
        { name: texts.currentStreak, value: texts.length(streak, unit) },
        { name: texts.bestStreak, value: texts.length(best, unit) },
        { name: texts.rate, value: rate === null ? texts.nothingDue : percent(rate) },
        { name: texts.score, value: percent(score) },
    ];
    return (
        <dl className={styles.figures}>
            {figures.map(({ name, value }) => (
                <div key={name} className="card">
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}

interface YearProps {
    path: string;
    habit: Habit;
    today: Day;
    firstYear: number;
    onOpen: (day: Day) => void;
}

function Year({ path, habit, today, firstYear, onOpen }: YearProps) {
    const thisYear = Number(today.slice(0, 4));
    const [year, setYear] = useState(thisYear);
    const days = useDays();
    const { data, asked, error, loading, reload } = useApi<HeatmapData>(
        `${path}/heatmap?year=${year}`,
    );
    return (
        <section aria-labelledby="year" className={styles.section}>
            <div className={styles.years}>
                <h2 id="year">{year}</h2>
                <button
                    type="button"
                    className="quiet"
                    aria-label={texts.yearBefore}
                    // A check-in may be older than the habit's entry here, by import or by hand.
                    disabled={year <= firstYear - 5}
                    onClick={() => setYear(year - 1)}
                >
                    <span aria-hidden="true">←</span>
                </button>
                <button
                    type="button"
                    className="quiet"
                    aria-label={texts.yearAfter}
                    disabled={year >= thisYear}
                    onClick={() => setYear(year + 1)}
                >
                    <span aria-hidden="true">→</span>
                </button>
            </div>
            {error && <Trouble message={error.message} busy={loading} onRetry={reload} />}
            <Heatmap
                heatmap={yearShown(days, habit, data ?? { year, days: [] }, asked)}
                today={today}
                loading={!data}
                onOpen={onOpen}
            />
        </section>
    );
}

/** The year with what was recorded here since it was asked for. */
function yearShown(
    days: ReturnType<typeof useDays>,
    { id }: Habit,
    heatmap: HeatmapData,
    asked: number,
): HeatmapData {
    const shown = new Map(heatmap.days.map((day) => [day.date, day]));
    for (const { habit, date } of days.pending.values()) {
        if (habit !== id || !date.startsWith(`${heatmap.year}-`)) continue;
        const before = shown.get(date);
        const day = dayShown(days, id, date, before ? { ...before, note: "" } : null, asked);
        if (day) shown.set(date, { date, status: day.status, count: day.count });
        else shown.delete(date);
    }
    return { ...heatmap, days: [...shown.values()] };
}
