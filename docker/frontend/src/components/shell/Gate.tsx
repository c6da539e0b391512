import { texts } from "@/texts/en/gate";

import { AuthForm, type AuthFormProps } from "./AuthForm";
import styles from "./App.module.css";

/** What stands before every screen until somebody is logged in. */
export default function Gate(props: AuthFormProps) {
    const hasEnded = props.email !== undefined;
    return (
        <div className={styles.gate}>
            <h1>{hasEnded ? texts.ended : texts.welcome}</h1>
            <p className={styles.muted} role={hasEnded ? "status" : undefined}>
                {hasEnded ? texts.comeBack : texts.invitation}
            </p>
            <AuthForm {...props} />
        </div>
    );
}
