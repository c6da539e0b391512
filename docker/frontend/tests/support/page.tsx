import { cleanup, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { SWRConfig } from "swr";
import { onTestFinished, vi } from "vitest";

import { App } from "@/components/App";

/** Shows the page, with nothing left over from the test before; returns the person who uses it. */
export function openPage() {
    onTestFinished(() => {
        cleanup();
        vi.unstubAllGlobals();
    });
    render(
        <SWRConfig value={{ provider: () => new Map(), dedupingInterval: 0 }}>
            <App />
        </SWRConfig>,
    );
    return userEvent.setup();
}
