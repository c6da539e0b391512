import type { Metadata } from "next";

import { HabitScreen } from "@/components/habit/HabitScreen";

export const metadata: Metadata = { title: "Habit" };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
    const { id } = await params;
    return <HabitScreen id={id} key={id} />;
}
