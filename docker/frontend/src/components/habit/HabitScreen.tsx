"use client";

import { useState, type CSSProperties } from "react";

import { useApi } from "@/hooks/useApi";
import { scheduleText } from "@/lib/schedules";
import type { Habit, Heatmap as HeatmapData, Today } from "@/lib/types";

import { ScreenLink } from "../shared/ScreenLink";
import { Trouble } from "../shared/Trouble";
import { DayForm } from "./DayForm";
import styles from "./HabitScreen.module.css";
import { Heatmap } from "./Heatmap";

/** One habit: how it goes, and a year of it. */
export function HabitScreen({ id }: { id: string }) {
    const path = `/api/v1/habits/${encodeURIComponent(id)}`;
    const habit = useApi<Habit>(path);
    // What day it is depends on the person's time zone, which the backend knows.
    const { data: today } = useApi<Today>("/api/v1/today");

    if (!habit.data) {
        return (
            <div className={styles.screen}>
                <h1>Habit</h1>
                {habit.error ? (
                    <Trouble
                        message={habit.error.message}
                        busy={habit.loading}
                        onRetry={() => habit.mutate()}
                    />
                ) : (
                    <p role="status" className={styles.muted}>
                        Loading the habit…
                    </p>
                )}
                <p>
                    <ScreenLink href="/habits">All habits</ScreenLink>
                </p>
            </div>
        );
    }

    const { name, color, schedule, archived, created_at: created } = habit.data;
    return (
        <div className={styles.screen} style={{ "--habit": color } as CSSProperties}>
            <div>
                <h1 className={styles.name}>{name}</h1>
                <p className={styles.muted}>
                    {scheduleText(schedule)}
                    {archived && " · archived"} · <ScreenLink href="/habits">All habits</ScreenLink>
                </p>
            </div>
            <Figures habit={habit.data} />
            {today && (
                <>
                    <Year
                        path={path}
                        thisYear={Number(today.date.slice(0, 4))}
                        firstYear={new Date(created).getUTCFullYear()}
                        today={today.date}
                    />
                    <DayForm path={path} today={today.date} />
                </>
            )}
        </div>
    );
}

function Figures({ habit }: { habit: Habit }) {
    const unit = habit.streak_unit === "weeks" ? "week" : "day";
    const figures = [
        { name: "Current streak", value: counted(habit.streak, unit) },
        { name: "Best streak", value: counted(habit.best_streak, unit) },
        { name: "Done in 30 days", value: percent(habit.rate_30) },
        { name: "Score", value: percent(habit.score) },
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
    thisYear: number;
    firstYear: number;
    today: string;
}

function Year({ path, thisYear, firstYear, today }: YearProps) {
    const [year, setYear] = useState(thisYear);
    const { data, error, loading, mutate } = useApi<HeatmapData>(`${path}/heatmap?year=${year}`);
    return (
        <section aria-labelledby="year" className={styles.section}>
            <div className={styles.years}>
                <h2 id="year">{year}</h2>
                <button
                    type="button"
                    className="quiet"
                    aria-label="Year before"
                    // A check-in may be older than the habit's entry here, by import or by hand.
                    disabled={year <= firstYear - 5}
                    onClick={() => setYear(year - 1)}
                >
                    <span aria-hidden="true">←</span>
                </button>
                <button
                    type="button"
                    className="quiet"
                    aria-label="Year after"
                    disabled={year >= thisYear}
                    onClick={() => setYear(year + 1)}
                >
                    <span aria-hidden="true">→</span>
                </button>
            </div>
            {error && <Trouble message={error.message} busy={loading} onRetry={() => mutate()} />}
            <Heatmap heatmap={data ?? { year, days: [] }} today={today} loading={!data} />
        </section>
    );
}

function counted(count: number, unit: string): string {
    return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function percent(share: number | null): string {
    return share === null ? "–" : `${Math.round(share * 100)} %`;
}
