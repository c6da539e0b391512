"use client";

import { usePathname } from "next/navigation";
import { useEffect, useRef, type ReactNode } from "react";

import { DayChanges } from "@/hooks/DayChanges";
import { UserContext } from "@/hooks/UserContext";
import { useAssistant } from "@/hooks/useAssistant";
import { useSession } from "@/hooks/useSession";
import { useTask } from "@/hooks/useTask";
import { late } from "@/lib/late";
import { texts } from "@/texts/en/shell";

import { Failure } from "../shared/Failure";
import { Part } from "../shared/Part";
import { ScreenLink } from "../shared/ScreenLink";
import { Trouble } from "../shared/Trouble";
import styles from "./App.module.css";
import { Toaster } from "./Toast";
import { UpdateNotice } from "./UpdateNotice";

const Gate = late(() => import("./Gate"));

const SCREENS = [
    { href: "/", name: texts.today },
    { href: "/habits", name: texts.habits },
    { href: "/chat", name: texts.assistant },
    { href: "/settings", name: texts.settings },
];

interface AppProps {
    /** Which build the page is of; undefined while it is developed. */
    build?: string;
    children: ReactNode;
}

/** The frame around every screen, and the gate before it: shows what fits who is logged in. */
export function App({ build, children }: AppProps) {
    const { user, holder, error, checking, retry, logOut } = useSession();
    const leaving = useTask();
    const main = useFocusOnNavigation();

    return (
        <UserContext value={holder}>
            <a className={styles.skip} href="#main">
                {texts.skipToContent}
            </a>
            <header className={styles.header}>
                <p className={styles.brand}>{texts.product}</p>
                {user && holder && (
                    <>
                        <Navigation />
                        <p className={styles.account}>
                            <span className={styles.email}>{user.email}</span>
                            <button
                                type="button"
                                className="quiet"
                                disabled={leaving.busy}
                                onClick={() => void leaving.run(logOut)}
                            >
                                {texts.logOut}
                            </button>
                        </p>
                    </>
                )}
            </header>
            <main id="main" className={styles.main} tabIndex={-1} ref={main}>
                <UpdateNotice build={build} />
                <Failure text={leaving.failure} />
                {holder && (
                    // Out of sight, not gone, while its owner has to log in again: it holds what they have typed.
                    <div hidden={!user} key={holder.user.id}>
                        <Toaster>
                            <DayChanges>{children}</DayChanges>
                        </Toaster>
                    </div>
                )}
                {user === null && (
                    <Part>
                        <Gate key={holder?.user.email} email={holder?.user.email} />
                    </Part>
                )}
                {user === undefined && error && (
                    <div className={styles.gate}>
                        <h1>{texts.outOfReach}</h1>
                        <Trouble message={error.message} busy={checking} onRetry={retry} />
                    </div>
                )}
                {user === undefined && !error && (
                    <p role="status" className={styles.muted}>
                        {texts.loading}
                    </p>
                )}
            </main>
        </UserContext>
    );
}

function Navigation() {
    const here = usePathname();
    const assistant = useAssistant();
    return (
        <nav aria-label={texts.screens} className={styles.navigation}>
            {SCREENS.filter(({ href }) => href !== "/chat" || assistant).map(({ href, name }) => (
                <ScreenLink
                    key={href}
                    href={href}
                    aria-current={isWithin(here, href) ? "page" : undefined}
                >
                    {name}
                </ScreenLink>
            ))}
        </nav>
    );
}

/** A habit's own page belongs to the list of habits. */
function isWithin(here: string, href: string): boolean {
    return here === href || (href !== "/" && here.startsWith(`${href}/`));
}

/** On another screen, the keyboard starts at its beginning, as on a page that was loaded anew. */
function useFocusOnNavigation() {
    const main = useRef<HTMLElement>(null);
    const pathname = usePathname();
    const shown = useRef(pathname);
    useEffect(() => {
        if (shown.current === pathname) return;
        shown.current = pathname;
        main.current?.focus();
    }, [pathname]);
    return main;
}
