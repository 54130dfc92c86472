import { ChatRoom } from "./chat/room";
import { startView } from "./chat/view";
import { startLive } from "./live/start";
import { startAgain } from "./page/again";
import { startBadge } from "./page/badge";
import { startDisplay } from "./page/display";
import { startEmbed } from "./page/embed";
import { startFrame } from "./page/frame";
import { startShrink } from "./page/shrink";

customElements.define("chat-room", ChatRoom);
startFrame();
startView();
startDisplay();
startBadge();
startAgain();
startShrink();
startEmbed();
startLive();
