"""Doctor looks at what the installation uses, as the services use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import doctor


@pytest.mark.slow
def test_templates_are_judged_by_the_installation_s_own_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CDI_QUERY_TEMPLATE_FOLDERS", "")
    assert doctor.own_templates().endswith(" in use, 0 refused")
    monkeypatch.setenv("CDI_QUERY_REQUIRE_ADOPTED", "true")
    with pytest.raises(doctor.NotInOrder, match=r"0 in use, .* refused; .* a starter that nobody here has adopted yet"):
        doctor.own_templates()
    monkeypatch.setenv("CDI_QUERY_TEMPLATE_FOLDERS", str(tmp_path / "missing"))
    with pytest.raises(doctor.NotInOrder, match="missing: the folder: does not exist"):
        doctor.own_templates()
