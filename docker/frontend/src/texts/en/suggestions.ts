import type { Goal, Schedule } from "@/lib/types";

/** What can be added by one tap, to begin with. */
export const SUGGESTIONS: {
    name: string;
    icon: string;
    schedule?: Schedule;
    goal?: Goal;
}[] = [
    { name: "Read ten pages", icon: "📖" },
    { name: "Go for a walk", icon: "🚶" },
    { name: "Drink water", icon: "💧", goal: { kind: "at_least", target: 8, unit: "glasses" } },
    { name: "Exercise", icon: "💪", schedule: { kind: "weekly", times: 3 } },
];
