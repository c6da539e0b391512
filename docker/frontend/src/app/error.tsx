"use client";

import { Trouble } from "@/components/shared/Trouble";

/** When a screen cannot be shown at all, for instance because its code did not arrive. */
export default function ErrorScreen({ reset }: { reset: () => void }) {
    return (
        <>
            <h1>This screen could not be shown</h1>
            <Trouble
                message="Something went wrong on the way. Retry, or load the page again."
                busy={false}
                onRetry={reset}
            />
        </>
    );
}
