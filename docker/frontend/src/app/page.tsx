import { TodayScreen } from "@/components/today/TodayScreen";

/** Asks nobody for anything while it is rendered: it answers whether or not the backend does, which the probes ask. */
export default function Page() {
    return <TodayScreen />;
}
