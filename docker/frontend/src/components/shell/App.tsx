"use client";

import { usePathname } from "next/navigation";
import { lazy, Suspense, useEffect, useRef, type ReactNode } from "react";

import { UserContext } from "@/hooks/UserContext";
import { useSession } from "@/hooks/useSession";
import { useTask } from "@/hooks/useTask";

import { Failure } from "../shared/Failure";
import { ScreenLink } from "../shared/ScreenLink";
import { Trouble } from "../shared/Trouble";
import styles from "./App.module.css";

const AuthForm = lazy(() => import("./AuthForm"));

const SCREENS = [
    { href: "/", name: "Today" },
    { href: "/habits", name: "Habits" },
    { href: "/chat", name: "Assistant" },
    { href: "/settings", name: "Settings" },
];

/** The frame around every screen, and the gate before it: shows what fits who is logged in. */
export function App({ children }: { children: ReactNode }) {
    const { user, error, checking, retry, logIn, register, logOut } = useSession();
    const leaving = useTask();
    const main = useFocusOnNavigation();

    return (
        <>
            <a className={styles.skip} href="#main">
                Skip to content
            </a>
            <header className={styles.header}>
                <p className={styles.brand}>Habit tracker</p>
                {user && (
                    <>
                        <Navigation />
                        <p className={styles.account}>
                            <span className={styles.email}>{user.email}</span>
                            <button
                                type="button"
                                disabled={leaving.busy}
                                onClick={() => void leaving.run(logOut)}
                            >
                                Log out
                            </button>
                        </p>
                    </>
                )}
            </header>
            <main id="main" className={styles.main} tabIndex={-1} ref={main}>
                <Failure text={leaving.failure} />
                {user && <UserContext value={user}>{children}</UserContext>}
                {user === null && (
                    <div className={styles.gate}>
                        <h1>Small things, every day</h1>
                        <p className={styles.muted}>
                            Check off your habits, keep your streaks, and ask the assistant how it
                            goes. New here? Choose a password and create an account.
                        </p>
                        <Suspense>
                            <AuthForm onLogIn={logIn} onRegister={register} />
                        </Suspense>
                    </div>
                )}
                {user === undefined && error && (
                    <div className={styles.gate}>
                        <h1>Out of reach</h1>
                        <Trouble message={error.message} busy={checking} onRetry={retry} />
                    </div>
                )}
                {user === undefined && !error && (
                    <p role="status" className={styles.muted}>
                        Loading…
                    </p>
                )}
            </main>
        </>
    );
}

function Navigation() {
    const here = usePathname();
    return (
        <nav aria-label="Screens" className={styles.navigation}>
            {SCREENS.map(({ href, name }) => (
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
