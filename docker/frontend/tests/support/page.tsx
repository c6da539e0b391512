import { act, cleanup, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import {
    AppRouterContext,
    type AppRouterInstance,
} from "next/dist/shared/lib/app-router-context.shared-runtime";
import { PathnameContext } from "next/dist/shared/lib/hooks-client-context.shared-runtime";
import { useSyncExternalStore, type ReactNode } from "react";
import { SWRConfig } from "swr";
import { onTestFinished, vi } from "vitest";

import { App } from "@/components/shell/App";
import { TodayScreen } from "@/components/today/TodayScreen";

/** Where links led to. The screens themselves are Next's to show; the browser tests see to that. */
export const visited: string[] = [];

const router = {
    push: (href: string) => void visited.push(href),
} as unknown as AppRouterInstance;

/** Shows a screen in its frame, with nothing left over from the test before; returns the person who uses it. */
export function openPage(screen: ReactNode = <TodayScreen />, build?: string) {
    onTestFinished(() => {
        cleanup();
        vi.unstubAllGlobals();
        visited.length = 0;
    });
    render(
        <SWRConfig
            value={{ provider: () => new Map(), dedupingInterval: 0, focusThrottleInterval: 0 }}
        >
            <AppRouterContext value={router}>
                <PathnameContext value="/">
                    <App build={build}>{screen}</App>
                </PathnameContext>
            </AppRouterContext>
        </SWRConfig>,
    );
    return userEvent.setup();
}

/** Screens that take each other’s place inside the frame, as Next’s do. */
export class Screens {
    private shown: ReactNode;
    private listener = () => {};

    element(first: ReactNode): ReactNode {
        this.shown = first;
        const subscribe = (listener: () => void) => {
            this.listener = listener;
            return () => {};
        };
        const shown = () => this.shown;
        function Shown() {
            return useSyncExternalStore(subscribe, shown);
        }
        return <Shown />;
    }

    show(next: ReactNode) {
        act(() => {
            this.shown = next;
            this.listener();
        });
    }
}
