import { createContext, useContext } from "react";

import type { User } from "@/lib/types";

export const UserContext = createContext<User | null>(null);

/** Whoever is logged in. Only for what is shown to people who are. */
export function useUser(): User {
    const user = useContext(UserContext);
    if (!user) throw new Error("useUser needs somebody who is logged in.");
    return user;
}
