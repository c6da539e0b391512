import { App } from "@/components/App";

/** Rendered once, at build time: it answers whether or not the backend does, which is what the probes ask. */
export const dynamic = "error";

export default function Page() {
    return <App />;
}
