import { cleanup, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { PathnameContext } from "next/dist/shared/lib/hooks-client-context.shared-runtime";
import type { ReactNode } from "react";
import { SWRConfig } from "swr";
import { onTestFinished, vi } from "vitest";

import { App } from "@/components/shell/App";
import { TodayScreen } from "@/components/today/TodayScreen";

/** Shows a screen in its frame, with nothing left over from the test before; returns the person who uses it. */
export function openPage(screen: ReactNode = <TodayScreen />) {
    onTestFinished(() => {
        cleanup();
        vi.unstubAllGlobals();
    });
    render(
        <SWRConfig value={{ provider: () => new Map(), dedupingInterval: 0 }}>
            <PathnameContext value="/">
                <App>{screen}</App>
            </PathnameContext>
        </SWRConfig>,
    );
    return userEvent.setup();
}
