import { createContext, useContext } from "react";

import type { User } from "@/lib/types";

/** Where the API says who is logged in. */
export const ME = "/api/v1/me";

export interface AccountHolder {
    user: User;
    /** Whether their session has ended: what is theirs is out of sight until they have logged in again. */
    away: boolean;
    /** To call with any failure: asks again who is logged in when the failure says that nobody is. */
    checkSession: (error: unknown) => void;
    /** Waits for the person to log in again; false when somebody else does, or they leave. */
    loggedInAgain: () => Promise<boolean>;
    /** The person is gone for good: nothing of theirs stays on the page. */
    leave: () => void;
}

export const UserContext = createContext<AccountHolder | null>(null);

/** Whoever is logged in, and their session. Only for what is shown to people who are. */
export function useAccountHolder(): AccountHolder {
    const holder = useContext(UserContext);
    if (!holder) throw new Error("useAccountHolder needs somebody who is logged in.");
    return holder;
}

export function useUser(): User {
    return useAccountHolder().user;
}
