import type { Metadata } from "next";

import { ChatScreen } from "@/components/chat/ChatScreen";

export const metadata: Metadata = { title: "Assistant" };

export default function Page() {
    return <ChatScreen />;
}
