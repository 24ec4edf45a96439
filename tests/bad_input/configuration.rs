//! A wanlint.toml that is broken, misspelt or of another kind.

use super::Folder;

fn folder(config: &str) -> Folder {
    let folder = Folder::with("launch.sh", "python main.py\n");
    folder.write("wanlint.toml", config);
    folder
}

#[test]
fn broken_toml_is_shown_with_its_line() {
    folder("[machine]\ngpu = \"RTX 5090\n").check(&[]).refuses(&["wanlint.toml", "line 2", "gpu = \"RTX 5090"]);
    folder("[machine\n").check(&[]).refuses(&["wanlint.toml", "line 1"]);
    folder("machine = 3\n").check(&[]).refuses(&["wanlint.toml", "line 1"]);
}

#[test]
fn unknown_keys_are_shown_with_the_known_ones() {
    folder("[machine]\nos = \"linux\"\ngpuu = \"RTX 5090\"\n").check(&[]).refuses(&[
        "line 3",
        "`gpuu`",
        "`gpu`",
        "`vram-used`",
    ]);
    folder("[chek]\n").check(&[]).refuses(&["line 1", "`chek`", "`check`"]);
}

#[test]
fn values_are_checked_like_flags() {
    folder("[machine]\ngpu = \"foo\"\n").check(&[]).refuses(&["'foo'", "not in the catalog"]);
    folder("[machine]\nvram = \"-3\"\n").check(&[]).refuses(&["'-3'"]);
    folder("[machine]\ngpu = 3\n").check(&[]).refuses(&["line 2", "string"]);
    folder("[check]\nfail-on = \"never\"\n").check(&[]).refuses(&["'never'", "info, warning or error"]);
    folder("[check]\nselect = [\"LAUNHC018\"]\n").check(&[]).refuses(&["did you mean 'LAUNCH018'"]);
    folder("[[target]]\nlaunch = \"gone.bat\"\nworkflow = \"gone.json\"\n").check(&[]).refuses(&["gone.bat"]);
}

#[test]
fn a_broken_file_can_be_left_aside() {
    let folder = folder("[machine\n");
    folder.check(&["--isolated"]).says(0, &["no findings"]);
    folder.check(&["--config", "nothing.toml"]).refuses(&["nothing.toml"]);
    folder.check(&["--config", "."]).refuses(&["cannot read ."]);
    folder.write("bytes.toml", b"\xff\xfe\0");
    folder.check(&["--config", "bytes.toml"]).refuses(&["bytes.toml"]);
}
